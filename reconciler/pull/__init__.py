"""Live → YAML files (contract 3, `pull`): a whole account, or named drift into existing files.

survey        live objects → what a catalog can declare of them     survey.py
  ├ keys      keys made of names, unique and the same each time     keys.py
  ├ express   one field → YAML data, or why no YAML can say it      express.py
  └ values    one value, by its type                                values.py
files         pulled objects → files by path                        files.py
full_pull     new files, read back and planned before they count    full_pull.py
record        the state in which a plan of those files is empty     record.py
accept        drift → edits where the fields are declared           accept/
"""
