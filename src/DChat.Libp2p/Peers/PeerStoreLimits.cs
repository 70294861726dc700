namespace DChat.Libp2p.Peers;

/// <summary>How many peers a host remembers.</summary>
public sealed class PeerStoreLimits
{
    /// <summary>Peers that the application vouches for. At least 1. Default 1,024.</summary>
    public int MaxVouched { get; set; } = 1024;

    /// <summary>Peers that were connected for <see cref="GoodAfter"/>. At least 1. Default 1,024.</summary>
    public int MaxGood { get; set; } = 1024;

    /// <summary>Peers of which others told. At least 1. Default 4,096.</summary>
    public int MaxHeardOf { get; set; } = 4096;

    /// <summary>How long a peer is connected before it is a good one. Above zero. Default 10 minutes.</summary>
    public TimeSpan GoodAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Where vouched and good peers are kept across restarts; see <see cref="PeerStoreFile"/>. Default: nowhere.</summary>
    public string? Path { get; set; }

    /// <summary>Time between writes of <see cref="Path"/>; it is also written when the host stops. Above zero. Default 10 minutes.</summary>
    public TimeSpan SaveInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        foreach (var (name, value) in new[] { (nameof(MaxVouched), MaxVouched), (nameof(MaxGood), MaxGood), (nameof(MaxHeardOf), MaxHeardOf) })
        {
            if (value < 1)
            {
                yield return $"{name} must be at least 1.";
            }
        }

        foreach (var (name, value) in new[] { (nameof(GoodAfter), GoodAfter), (nameof(SaveInterval), SaveInterval) })
        {
            if (value <= TimeSpan.Zero)
            {
                yield return $"{name} must be above zero.";
            }
        }
    }
}
