package ai.vernier.cli;

import java.util.Locale;
import java.util.concurrent.Callable;

/// One thing that [DoctorCommand] looked at.
record Check(String name, Status status, String found) {
    enum Status {
        OK,
        /// Works, but worth knowing.
        NOTE,
        FAILED;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Check ok(String name, String found) {
        return new Check(name, Status.OK, found);
    }

    static Check note(String name, String found) {
        return new Check(name, Status.NOTE, found);
    }

    static Check failed(String name, String found) {
        return new Check(name, Status.FAILED, found);
    }

    /// Runs `attempt`; whatever it throws, a missing native library for instance, is the finding.
    static Check attempt(String name, Callable<Check> attempt) {
        try {
            return attempt.call();
        } catch (Exception | LinkageError failure) {
            return failed(name, failure.toString());
        }
    }
}
