"""The impact list as an Excel workbook, and the workbooks that come back filled in."""
