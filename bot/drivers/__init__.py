"""Network drivers (CNI plugins): the catalogue, one folder for each driver, and their verification.

Everything that depends on a driver belongs here, in its `DriverProfile`; other packages ask the catalogue and
never compare a driver's name. Driver folders compute only: facts in, findings out. `verification/` reads
clusters.
"""
