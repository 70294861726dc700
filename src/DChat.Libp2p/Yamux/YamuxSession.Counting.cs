using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Yamux;

/// <content>What the session takes of its host, and how it gives back what others need.</content>
internal sealed partial class YamuxSession
{
    private readonly TaskCompletionSource _farewellSkipped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What its streams may take; no limit when null.</summary>
    internal IStreamBudget? Budget { get; private set; }

    /// <inheritdoc/>
    public void LimitBy(IStreamBudget budget) => Output.Budget = Budget = budget;

    /// <inheritdoc/>
    public int ShedStreams()
    {
        YamuxStream[] newest;
        lock (_gate)
        {
            newest = [.. _streams.Values.Where(s => !s.IsOutbound).OrderByDescending(s => s.StreamId).Take((_inbound + 1) / 2)];
        }

        Shed(newest);
        return newest.Length;
    }

    /// <inheritdoc/>
    public void ShedMemory()
    {
        YamuxStream[] all;
        lock (_gate)
        {
            all = [.. _streams.Values];
        }

        Shed(all.Where(s => s.Memory > 0));
    }

    /// <inheritdoc/>
    public void SkipFarewell() => _farewellSkipped.TrySetResult();

    private static void Shed(IEnumerable<YamuxStream> streams)
    {
        foreach (var stream in streams)
        {
            stream.Reset(new Libp2pException(Libp2pErrorCodes.LimitReached, "Others need what the stream holds.", isTransient: true));
        }
    }

    private YamuxStream OpenStream()
    {
        if (Budget is not { } budget)
        {
            return AddAndAnnounce();
        }

        if (budget.AddStream(isOutbound: true) is { } limit)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"No stream can be opened to this peer: {limit} is reached.", isTransient: true);
        }

        try
        {
            return AddAndAnnounce();
        }
        catch
        {
            budget.RemoveStream(isOutbound: true);
            throw;
        }
    }

    private YamuxStream AddAndAnnounce()
    {
        lock (_gate)
        {
            var stream = AddOutbound();

            // Within the lock, so that ids go out in order.
            Output.WriteControl(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Syn, stream.StreamId, 0));
            return stream;
        }
    }
}
