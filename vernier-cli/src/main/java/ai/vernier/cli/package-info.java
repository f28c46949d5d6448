/// The `vernier` command: one class per sub-command, each a thin call of one library entry point, and the border where
/// exceptions become exit codes and results become text or JSON.
@NullMarked
package ai.vernier.cli;

import org.jspecify.annotations.NullMarked;
