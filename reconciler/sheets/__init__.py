"""The catalog as a spreadsheet, and a spreadsheet back into the catalog (contract 3.1).

catalog → sheet
  columns      what a sheet of a kind can show             columns.py, shapes.py
  cells        value ↔ cell: the grammar                   cells.py
  export       objects → table                             export.py, scope.py
  base         what the cells held, to tell edits by       base.py
  written      table → .xlsx or .csv                       xlsxwrite.py, csvfile.py
sheet → catalog
  read         .xlsx (package.py first) or .csv → table    xlsxread.py, csvfile.py, files.py
  compared     sheet, base and catalog → changes           compare.py, headers.py, comparison.py
  edited       changes → texts of the files, proved        imports.py
"""
