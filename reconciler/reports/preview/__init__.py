"""Products as a shop would show them: a catalog, or a plan, as cards (contract 8.5).

`shop` is what a catalog has on its shelves, `telling` which two attributes tell variants apart,
`faces` one product at one time, `changes` what a plan makes of products: two faces each.
"""
