"""The words of all reports: texts, moments, decisions, the first sentences, and text from mail made safe."""
