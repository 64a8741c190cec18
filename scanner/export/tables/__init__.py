"""The tables of a report as rows, whatever the format, and the files that hold one table each."""
