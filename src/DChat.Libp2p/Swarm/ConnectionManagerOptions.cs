namespace DChat.Libp2p.Swarm;

/// <summary>When connections are trimmed. For <see cref="ConnectionManager"/>.</summary>
public sealed class ConnectionManagerOptions
{
    /// <summary>Connections from which on some are closed. Default 960; at least <see cref="LowWater"/>.</summary>
    public int HighWater { get; set; } = 960;

    /// <summary>Connections that are left when some are closed. Default 800, at least 0.</summary>
    public int LowWater { get; set; } = 800;

    /// <summary>
    /// How long a new connection is not trimmed, and is the last to give way at a limit: until its protocols could tag its peer.
    /// Default 20 s, as in go; at least zero.
    /// </summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Time between two trims at the least. Default 10 s, as in go; at least zero.</summary>
    public TimeSpan TrimInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        if (LowWater < 0)
        {
            yield return $"{nameof(LowWater)} must be at least 0.";
        }

        if (HighWater < LowWater)
        {
            yield return $"{nameof(HighWater)} must be at least {nameof(LowWater)}.";
        }

        foreach (var (name, value) in new[] { (nameof(Grace), Grace), (nameof(TrimInterval), TrimInterval) })
        {
            if (value < TimeSpan.Zero)
            {
                yield return $"{name} must be at least zero.";
            }
        }
    }
}
