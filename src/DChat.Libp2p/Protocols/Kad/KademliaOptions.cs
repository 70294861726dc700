using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>How a <see cref="KademliaDht"/> works (kad-dht/README.md). Read once, when it is made.</summary>
public sealed class KademliaOptions
{
    /// <summary>
    /// Names the network: <c>/example</c> speaks <c>/example/kad/1.0.0</c>. Required. Begins with a slash and does not end with
    /// one; at most 64 characters. <c>/ipfs</c> is the public network, whose peers do not keep records of other namespaces.
    /// </summary>
    public string Prefix { get; set; } = "";

    /// <summary>Whether to serve. Default <see cref="KademliaMode.Auto"/>.</summary>
    public KademliaMode Mode { get; set; } = KademliaMode.Auto;

    /// <summary>k: peers in a bucket, peers that keep a record, peers told in an answer. Default 20, as everywhere; 1 to 64.</summary>
    public int BucketSize { get; set; } = 20;

    /// <summary>α: peers that a lookup asks at once. Default 10; 1 to 64.</summary>
    public int Concurrency { get; set; } = 10;

    /// <summary>
    /// d: paths of a lookup that share no peer. One of them led by honest peers is enough to find what there is. Default 2; 1 to
    /// <see cref="Concurrency"/> and <see cref="BucketSize"/>.
    /// </summary>
    public int DisjointPaths { get; set; } = 2;

    /// <summary>Time that a peer has to be dialed and to answer. Default 10 s; 100 ms to 1 min.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time that a lookup may take; what was found until then is its result. Default 1 min; 100 ms to 10 min.</summary>
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Time between refreshes of the table: lookups of this host's own id and of a random one for each bucket. Default 10 min; 10 s to 1 day.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time that a record is kept after it came. Default 48 h; 1 min to 30 days.</summary>
    public TimeSpan RecordExpiry { get; set; } = TimeSpan.FromHours(48);

    /// <summary>Time that a provider is kept after it last said so. Default 48 h; 1 min to 30 days.</summary>
    public TimeSpan ProviderExpiry { get; set; } = TimeSpan.FromHours(48);

    /// <summary>Time after which this host says again what it provides. Default 22 h; 1 min to <see cref="ProviderExpiry"/>.</summary>
    public TimeSpan RepublishInterval { get; set; } = TimeSpan.FromHours(22);

    /// <summary>
    /// Validators by namespace: <c>"v"</c> judges keys that begin with <c>/v/</c>. Records of other namespaces are refused.
    /// Default: none.
    /// </summary>
    public IDictionary<string, IRecordValidator> Validators { get; } = new Dictionary<string, IRecordValidator>(StringComparer.Ordinal);

    /// <summary>Peers to begin with, each address with its <c>/p2p</c>. Asked whenever nobody else is known. Default: none.</summary>
    public IList<Multiaddr> Bootstrap { get; } = [];

    /// <summary>How many peers of one owner the table may hold.</summary>
    public KademliaDiversity Diversity { get; } = new();

    /// <summary>What peers may take of this host's memory and time.</summary>
    public KademliaLimits Limits { get; } = new();

    /// <summary>The protocol id.</summary>
    internal string Protocol => Prefix + "/kad/1.0.0";

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        if (Prefix is not { Length: >= 2 and <= 64 } || Prefix[0] != '/' || Prefix[^1] == '/')
        {
            faults.Add($"{nameof(Prefix)} must be set, begin with a slash, not end with one, and have at most 64 characters.");
        }

        RangeFaults.Check(faults, nameof(BucketSize), BucketSize, 1, 64);
        RangeFaults.Check(faults, nameof(Concurrency), Concurrency, 1, 64);
        RangeFaults.Check(faults, nameof(DisjointPaths), DisjointPaths, 1, Math.Max(1, Math.Min(Concurrency, BucketSize)));
        RangeFaults.Check(faults, nameof(RequestTimeout), RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        RangeFaults.Check(faults, nameof(LookupTimeout), LookupTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        RangeFaults.Check(faults, nameof(RefreshInterval), RefreshInterval, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        RangeFaults.Check(faults, nameof(RecordExpiry), RecordExpiry, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        RangeFaults.Check(faults, nameof(ProviderExpiry), ProviderExpiry, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        RangeFaults.Check(faults, nameof(RepublishInterval), RepublishInterval, TimeSpan.FromMinutes(1), ProviderExpiry);
        faults.AddRange(Bootstrap.Where(a => a.Peer is null).Select(a => $"{nameof(Bootstrap)}: {a} must end with /p2p and the peer's id."));
        faults.AddRange(Validators.Keys.Where(ns => ns.Length == 0 || ns.Contains('/', StringComparison.Ordinal))
            .Select(ns => $"{nameof(Validators)}: '{ns}' must be a name without slashes."));
        faults.AddRange(Diversity.Validate().Select(f => $"{nameof(Diversity)}.{f}"));
        faults.AddRange(Limits.Validate().Select(f => $"{nameof(Limits)}.{f}"));
        return faults;
    }
}
