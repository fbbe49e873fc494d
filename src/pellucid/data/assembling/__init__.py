"""From samples to a data set: joined, sorted into arrays, kept on the disk where they are many.

Comes in: samples of any reader. Goes out: arrays of images and labels. No layout of files is known
here.
"""
