"""What was likely meant by what a spec has wrong: one file for each kind of mistake."""
