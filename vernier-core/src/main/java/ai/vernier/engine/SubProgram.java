package ai.vernier.engine;

import java.util.List;

/// A compiled sub-graph and the names of the values that it captures from the graph around it.
record SubProgram(Program program, List<String> captured) {}
