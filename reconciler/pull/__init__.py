"""Live → YAML files (contract 3, `pull`): a whole account, or named drift into existing files.

survey        live objects → what a catalog can say of them, and what it cannot     survey.py
  ├ keys      keys made of names, unique and the same each time                     keys.py
  └ values    one field → what stands in the YAML, or why nothing can               values.py
files         pulled objects → files by path                                        files.py
record        the state in which a plan of those files is empty                     record.py
accept        drift → edits of the files where the fields are declared              accept/
"""
