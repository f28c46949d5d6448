package ai.vernier.bench.accuracy;

/// An object that is in an image.
record Truth(int image, int category, Box box) {}
