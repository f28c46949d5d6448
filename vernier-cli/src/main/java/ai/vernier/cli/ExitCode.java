package ai.vernier.cli;

/// The exit codes that scripts rely on.
enum ExitCode {
    /// Everything asked for was done.
    DONE(0),
    /// The user's file, data, recipe or option is wrong.
    INVALID_INPUT(2),
    /// A valid ONNX model that asks for something we cannot do.
    UNSUPPORTED_MODEL(3),
    /// A bug of ours (EX_SOFTWARE of sysexits).
    BUG(70);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
