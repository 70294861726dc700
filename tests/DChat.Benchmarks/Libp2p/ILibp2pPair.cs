namespace DChat.Benchmarks.Libp2p;

/// <summary>A dialer and a listener of one implementation, connected over loopback TCP, Noise and yamux.</summary>
internal interface ILibp2pPair : IAsyncDisposable
{
    /// <summary>Processor time that both ends have used so far: on a busy machine steadier than the clock.</summary>
    TimeSpan ProcessorTime { get; }

    /// <summary>Uploads, then downloads, over one stream of <c>/perf/1.0.0</c>; how long it took, in milliseconds.</summary>
    Task<double> TransferAsync(long upload, long download);

    /// <summary>Milliseconds from the dial of a new connection to the first byte echoed over it, <paramref name="count"/> times.</summary>
    Task<double[]> TimeConnectsAsync(int count);

    /// <summary>Milliseconds from the opening of a stream to the first byte echoed over it, <paramref name="count"/> times.</summary>
    Task<double[]> TimeStreamsAsync(int count);
}
