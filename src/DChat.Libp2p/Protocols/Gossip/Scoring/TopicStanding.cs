namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>What counts for and against one peer in one topic.</summary>
internal sealed class TopicStanding(TopicScoreOptions options)
{
    private TimeSpan _grafted;
    private bool _isActive;

    /// <summary>What the topic was scored by when the peer last did something in it.</summary>
    internal TopicScoreOptions Options { get; set; } = options;

    internal bool IsInMesh { get; private set; }

    /// <summary>As of the last decay.</summary>
    internal TimeSpan TimeInMesh { get; private set; }

    internal double FirstDeliveries { get; private set; }

    internal double MeshDeliveries { get; private set; }

    internal double MeshFailures { get; private set; }

    internal double InvalidMessages { get; private set; }

    /// <summary>What it adds to the peer's score.</summary>
    internal double Score => Options.Weight * (
        (Options.TimeInMeshWeight * (IsInMesh ? Math.Min(Math.Floor(TimeInMesh / Options.TimeInMeshQuantum), Options.TimeInMeshCap) : 0))
        + (Options.FirstDeliveriesWeight * FirstDeliveries)
        + (Options.MeshDeliveriesWeight * Missing * Missing)
        + (Options.MeshFailureWeight * MeshFailures)
        + (Options.InvalidMessagesWeight * InvalidMessages * InvalidMessages));

    /// <summary>Whether there is nothing to remember.</summary>
    internal bool IsBlank => !IsInMesh && FirstDeliveries == 0 && MeshDeliveries == 0 && MeshFailures == 0 && InvalidMessages == 0;

    /// <summary>Messages that a peer of the mesh should have brought, once it has been there long enough.</summary>
    private double Missing => IsInMesh && _isActive ? Math.Max(0, Options.MeshDeliveriesThreshold - MeshDeliveries) : 0;

    internal void Graft(TimeSpan now)
    {
        IsInMesh = true;
        _grafted = now;
        TimeInMesh = TimeSpan.Zero;
        _isActive = false;
    }

    internal void Prune()
    {
        MeshFailures += Missing * Missing;
        IsInMesh = false;
        _isActive = false;
    }

    /// <summary>The peer has gone: what it did well is forgotten.</summary>
    internal void Retire()
    {
        Prune();
        FirstDeliveries = 0;
    }

    internal void CountFirst()
    {
        FirstDeliveries = Math.Min(FirstDeliveries + 1, Options.FirstDeliveriesCap);
        CountBrought();
    }

    /// <summary>A valid message came from the peer, in time.</summary>
    internal void CountBrought()
    {
        if (IsInMesh && Options.CountsMeshDeliveries)
        {
            MeshDeliveries = Math.Min(MeshDeliveries + 1, Options.MeshDeliveriesCap);
        }
    }

    internal void CountInvalid() => InvalidMessages++;

    /// <param name="steps">Intervals since the last time.</param>
    /// <param name="zero">A counter below it is 0.</param>
    /// <param name="now">The time.</param>
    internal void Decay(long steps, double zero, TimeSpan now)
    {
        FirstDeliveries = Decayed(FirstDeliveries, Options.FirstDeliveriesDecay, steps, zero);
        MeshDeliveries = Decayed(MeshDeliveries, Options.MeshDeliveriesDecay, steps, zero);
        MeshFailures = Decayed(MeshFailures, Options.MeshFailureDecay, steps, zero);
        InvalidMessages = Decayed(InvalidMessages, Options.InvalidMessagesDecay, steps, zero);
        if (IsInMesh)
        {
            TimeInMesh = now - _grafted;
            _isActive |= TimeInMesh > Options.MeshDeliveriesActivation;
        }
    }

    /// <summary>A counter after so many intervals.</summary>
    internal static double Decayed(double counter, double decay, long steps, double zero)
    {
        var left = counter == 0 ? 0 : steps == 1 ? counter * decay : counter * Math.Pow(decay, steps);
        return left < zero ? 0 : left;
    }
}
