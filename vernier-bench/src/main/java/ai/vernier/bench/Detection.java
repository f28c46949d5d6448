package ai.vernier.bench;

/// An object that a detector claims to see.
record Detection(int image, int category, double score, Box box) {}
