"""Inputs: road networks, tables of stations and posts, travel minutes, and the sample."""
