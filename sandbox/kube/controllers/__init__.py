"""Small controllers: each brings the store nearer to what its objects ask for, and is run until nothing
changes.
"""
