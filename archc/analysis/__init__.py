"""What a Network costs and accepts: `cost`, `accepted`, `domain`, `receptive_field`, `same`.

Nothing is imported here, so that a command loads only the analyses that it shows.
"""
