using DChat.Core;
using DChat.Libp2p.Addresses;

namespace DChat.Federation;

/// <summary>With whom, when and how much an edge reconciles shards. Section <c>DChat:Sync</c>.</summary>
[OptionSection("DChat:Sync")]
public sealed class SyncOptions
{
    /// <summary>The most <see cref="Partners"/>.</summary>
    public const int MaxPartners = 64;

    /// <summary>
    /// Gateways of other relays whose messages this one wants, and to which it gives its own: multiaddrs that end with <c>/p2p</c>, with commas
    /// between, at most <see cref="MaxPartners"/>. What a partner brings has been acknowledged by its relay, so no quota of senders refuses it;
    /// <see cref="MaxRunBytes"/> bounds it. Default: none.
    /// </summary>
    [Option("gateways of other relays with which an edge reconciles its shards; what they bring no sender's quota refuses", Form = "at most 64 multiaddrs that end with /p2p and the peer's id, with commas between", Switch = "--sync-with", Default = "none")]
    public string Partners { get; set; } = "";

    /// <summary>How often an edge reconciles with each partner, besides when it has come back. Default 1 minute; range 1 s–1 day; a fifth of it is left to chance.</summary>
    [Option("how often an edge reconciles with each partner, besides when it comes back", Min = "00:00:01", Max = "1.00:00:00")]
    public TimeSpan Period { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Messages younger than this are left to gossip, which is bringing them. Default 5 s; range 0–10 minutes.</summary>
    [Option("messages younger than this are left to gossip", Min = "00:00:00", Max = "00:10:00")]
    public TimeSpan QuietWindow { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The most envelope bytes that one partner brings in a run, and in an hour by its own runs; what is beyond comes with a later one. Default 1 GiB; range 1 MiB–1 TiB.</summary>
    [Option("what one partner may bring in a run, and in an hour of its own runs; more comes later", Min = 1L << 20, Max = 1L << 40, Unit = "bytes")]
    public long MaxRunBytes { get; set; } = 1L << 30;

    /// <summary>How long a run may take; shards that are left wait for the next. Default 10 minutes; range 1 s–1 day.</summary>
    [Option("how long a run with a partner may take; shards that are left wait for the next", Min = "00:00:01", Max = "1.00:00:00")]
    public TimeSpan MaxRunTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many shards are reconciled at once with a partner. Default 2; range 1–8.</summary>
    [Option("shards that are reconciled at once with a partner", Min = 1, Max = 8)]
    public int Parallelism { get; set; } = 2;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        OptionRules.Check(this);
        OptionRules.Require(
            TryParsePartners() is { Count: <= MaxPartners } partners && partners.DistinctBy(partner => partner.Peer).Count() == partners.Count,
            this,
            nameof(Partners));
    }

    /// <summary><see cref="Partners"/>, parsed; null when one of them is no address that ends with a PeerId.</summary>
    internal IReadOnlyList<Multiaddr>? TryParsePartners()
    {
        List<Multiaddr> partners = [];
        foreach (var text in Partners.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Multiaddr.TryParse(text, out var address) || address.Peer is null)
            {
                return null;
            }

            partners.Add(address);
        }

        return partners;
    }
}
