"""Writers of a Network: one file or folder a target."""
