"""What is handed out, preserved, verified and erased: every such step is a row of a log."""
