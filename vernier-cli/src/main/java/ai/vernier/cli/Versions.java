package ai.vernier.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/// What `vernier --version` prints.
final class Versions implements IVersionProvider {
    /// The version of this build; `development` where the classes do not come from a jar.
    static String vernier() {
        return Objects.requireNonNullElse(Versions.class.getPackage().getImplementationVersion(), "development");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"vernier " + vernier() + " on Java " + Runtime.version()};
    }
}
