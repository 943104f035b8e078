"""The model: the collection's decisions, as shipped, on the lab's physics, without wire and clock.

The one package that knows both: legacyops_lab shares nothing with the collection, and nothing of
the collection's knows the lab. So it stands beside the lab, in the lab's distribution: the physics
of a kind are the lab's, and whoever installs that can have the notice of their own explored.
"""
