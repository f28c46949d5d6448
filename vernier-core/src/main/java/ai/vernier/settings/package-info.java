/// Settings files (recipes, targets) as people write them: YAML that is read with the place of everything in it, so
/// that all problems of a file are told at once.
@NullMarked
package ai.vernier.settings;

import org.jspecify.annotations.NullMarked;
