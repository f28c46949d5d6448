package ai.vernier.cli;

/// Help texts that several commands share.
final class Descriptions {
    static final String DATA =
            "Samples: a .npy (first axis counts them), a .npz (one array per input), a text file that"
                    + " lists raw float32 files or images, or a folder of images.";

    private Descriptions() {}
}
