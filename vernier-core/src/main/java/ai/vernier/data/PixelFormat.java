package ai.vernier.data;

/// How the channels of an image lie in the model's input.
public record PixelFormat(Layout layout, Channels channels) {
    /// Planes one after another, red first.
    public static final PixelFormat NCHW_RGB = new PixelFormat(Layout.NCHW, Channels.RGB);

    /// Order of the axes.
    public enum Layout {
        NCHW,
        NHWC
    }

    /// Which channels, in which order.
    public enum Channels {
        RGB,
        BGR,
        /// Luma (ITU-R BT.601), one channel.
        GRAY;

        int count() {
            return this == GRAY ? 1 : 3;
        }
    }
}
