"""What an image is, and how it is made ready: checks, pixel ranges, preprocessing, randomizing.

Comes in: arrays and pictures. Goes out: images as a network takes them. No file layout and no
network is known here.
"""
