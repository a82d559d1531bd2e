"""The keys of a file of weights beside those of a network: what matches, and renames."""
