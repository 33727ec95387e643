"""Solids, meshes and wheels, and the facets that they are seen as."""
