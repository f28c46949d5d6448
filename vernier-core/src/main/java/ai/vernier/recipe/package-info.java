/// What the user asked for (ordered rules, last match wins) and its resolution, with a target, into a plan that names
/// for every tensor the grid it gets and the rule that decided it.
@NullMarked
package ai.vernier.recipe;

import org.jspecify.annotations.NullMarked;
