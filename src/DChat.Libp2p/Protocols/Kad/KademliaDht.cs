using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.Kad.Lookups;
using DChat.Libp2p.Protocols.Kad.Storage;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>
/// The Kademlia table of a network (kad-dht/README.md): finds peers, keeps small records and names who provides what.
/// Thread-safe.
/// </summary>
/// <remarks>
/// Make it, <see cref="StartAsync"/> it, dispose it before its host. Peers are found by their ids, which are proven; everything
/// else that others say is hearsay until a validator or a connection has proven it.
/// </remarks>
public sealed partial class KademliaDht : IAsyncDisposable
{
    private readonly ILibp2pHost _host;
    private readonly KademliaOptions _options;
    private readonly ILogger _logger;
    private readonly KadCounters _counters = new();
    private readonly KadInstruments _instruments;
    private readonly RecordValidators _validators;
    private readonly RecordStore _records;
    private readonly ProviderStore _providers;
    private readonly PeerNetworks _networks;
    private readonly KadTable _table;
    private readonly KadClient _client;
    private readonly KadServer _server;
    private readonly LookupRunner _lookups;
    private readonly SteadyClock _clock;
    private readonly TaskGroup _tasks;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A table that knows nobody yet.</summary>
    /// <param name="host">The host it stands on.</param>
    /// <param name="options">How it works.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public KademliaDht(ILibp2pHost host, KademliaOptions options, ILogger<KademliaDht>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        (_host, _options) = (host, options);
        _logger = logger ?? NullLogger<KademliaDht>.Instance;
        _tasks = new TaskGroup(_logger);
        _clock = SteadyClock.Of(host.Time);
        _validators = new RecordValidators(options.Validators, _logger);
        _records = new RecordStore(_validators, options.Limits, options.RecordExpiry);
        _providers = new ProviderStore(options.Limits, options.ProviderExpiry);
        _networks = new PeerNetworks(options.Diversity, _logger);
        _table = new KadTable(host, options, _networks) { Probe = Probe, Filled = Wake };
        _client = new KadClient(host, options, _counters, _logger);
        _server = new KadServer(host, options, _table, _networks, _records, _providers, _counters, _logger);
        _lookups = new LookupRunner(host, options, _table, _networks, _client, _counters, _logger);
        _instruments = new KadInstruments(meters, _counters, () => _table.Count, () => _records.Count, () => _providers.Count);
    }

    /// <summary>The protocol spoken, such as <c>/example/kad/1.0.0</c>.</summary>
    public string Protocol => _options.Protocol;

    /// <summary>
    /// Completes when somebody was found and the table was filled from the network for the first time. Lookups before that find
    /// what they can. Cancelled when Kademlia stops first.
    /// </summary>
    public Task Ready => _ready.Task;

    /// <summary>Whether this host serves others now.</summary>
    public bool IsServing { get { lock (_modeGate) { return _isServing; } } }

    /// <summary>The peers in the routing table now, by bucket.</summary>
    public IReadOnlyList<RoutingTablePeer> RoutingTable => _table.Snapshot();

    internal KadCounters Counters => _counters;

    internal KadClient Client => _client;

    /// <summary>The record that this host keeps of a key.</summary>
    internal KadRecord? Kept(ReadOnlyMemory<byte> key) => _records.Get(key, _clock.UtcNow);

    internal int RecordCount => _records.Count;

    internal int ProviderCount => _providers.Count;
}
