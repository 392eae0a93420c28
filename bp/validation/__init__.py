"""Theory against simulation: the one place of `bp` that calls the doors of `replica_theory`."""
