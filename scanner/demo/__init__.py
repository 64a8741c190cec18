"""An invented organisation, its sent mail and an IMAP server on loopback that serves it."""

from scanner.demo.run import DemoSummary, run_demo

__all__ = ["DemoSummary", "run_demo"]
