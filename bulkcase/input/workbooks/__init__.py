"""Workbooks to rows: .xlsx, .xls and .ods."""
