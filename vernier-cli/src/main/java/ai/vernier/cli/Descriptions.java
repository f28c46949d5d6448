package ai.vernier.cli;

/// Help texts that several commands share.
final class Descriptions {
    static final String DATA =
            "Samples: a .npy (first axis counts them), a .npz (one array per input; [samples,2,1,128] for a"
                    + " state [2,1,128], [samples] for a scalar), a text file that lists raw float32 files or images,"
                    + " or a folder of images.";

    private Descriptions() {}
}
