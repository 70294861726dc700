using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace DChat.Libp2p.Names;

/// <summary>
/// Resolves by DNS, with the servers of the operating system unless others are given. With the system's servers, hosts
/// that DNS does not know are asked of the system, which has a hosts file and search domains. DNS goes first because a question
/// to the system holds a thread until it is answered, and whoever owns a name may let it wait.
/// </summary>
public sealed class DnsNameResolver : INameResolver
{
    /// <summary>Questions to the system at once, of all resolvers of the process.</summary>
    internal const int MaxSystemQuestions = 4;

    /// <summary>The time for one question to one server, which is asked twice.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>How long an answer of the system counts, which tells none, and how long a name does not exist.</summary>
    internal static readonly TimeSpan DefaultTimeToLive = TimeSpan.FromSeconds(30);

    private static readonly SemaphoreSlim SystemPlaces = new(MaxSystemQuestions);

    private readonly Lazy<LookupClient> _client;
    private readonly bool _asksSystem;

    /// <summary>A resolver that asks the system's servers.</summary>
    public DnsNameResolver()
        : this([])
    {
    }

    /// <summary>A resolver that asks certain servers.</summary>
    /// <param name="servers">The servers, the preferred first; the system's when there are none.</param>
    public DnsNameResolver(IReadOnlyList<IPEndPoint> servers)
        : this(servers, asksSystem: servers?.Count == 0)
    {
    }

    internal DnsNameResolver(IReadOnlyList<IPEndPoint> servers, bool asksSystem)
    {
        ArgumentNullException.ThrowIfNull(servers);
        _asksSystem = asksSystem;
        NameServer[] given = [.. servers.Select(s => new NameServer(s))];

        // Made when it is needed: a machine without DNS runs a host that dials no names.
        _client = new(() => new LookupClient(new LookupClientOptions(given)
        {
            AutoResolveNameServers = given.Length == 0,
            Timeout = Timeout,
            Retries = 1,
            UseCache = false,
            ThrowDnsErrors = false,
        }), LazyThreadSafetyMode.PublicationOnly);
    }

    private bool HasServers => _client.IsValueCreated && _client.Value.NameServers.Count > 0;

    /// <inheritdoc/>
    public async ValueTask<NameAnswer<IPAddress>> ResolveHostAsync(string name, NameFamily family, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var questions = TypesOf(family)
            .Select(type => QueryAsync(name, type, r => r is AddressRecord address ? [address.Address] : Array.Empty<IPAddress>(), cancellationToken))
            .ToArray();
        await ((Task)Task.WhenAll(questions)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var answers = questions.Where(q => q.IsCompletedSuccessfully).Select(q => q.Result).ToArray();
        if (answers.Any(a => a.Records.Count > 0))
        {
            return new NameAnswer<IPAddress>([.. answers.SelectMany(a => a.Records)], answers.Min(a => a.TimeToLive));
        }

        if (_asksSystem && !cancellationToken.IsCancellationRequested && (answers.Length == questions.Length || !HasServers))
        {
            return new NameAnswer<IPAddress>(await AskSystemAsync(name, family, cancellationToken).ConfigureAwait(false), DefaultTimeToLive);
        }

        await Task.WhenAll(questions).ConfigureAwait(false);
        return new NameAnswer<IPAddress>([], answers.Min(a => a.TimeToLive));
    }

    /// <inheritdoc/>
    public async ValueTask<NameAnswer<string>> ResolveTextAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        // A record longer than 255 bytes comes in pieces.
        return await QueryAsync(name, QueryType.TXT, r => r is TxtRecord text ? [string.Concat(text.Text)] : Array.Empty<string>(), cancellationToken).ConfigureAwait(false);
    }

    private static QueryType[] TypesOf(NameFamily family) => family switch
    {
        NameFamily.V4 => [QueryType.A],
        NameFamily.V6 => [QueryType.AAAA],
        _ => [QueryType.A, QueryType.AAAA],
    };

    private static async Task<IReadOnlyList<IPAddress>> AskSystemAsync(string name, NameFamily family, CancellationToken cancellationToken)
    {
        await SystemPlaces.WaitAsync(cancellationToken).ConfigureAwait(false);
        var wanted = family switch { NameFamily.V4 => AddressFamily.InterNetwork, NameFamily.V6 => AddressFamily.InterNetworkV6, _ => AddressFamily.Unspecified };

        // Not cancelled: the thread is held until the system answers, and so is the place.
        var asking = Task.Run(() => Dns.GetHostAddresses(name, wanted), CancellationToken.None);
        _ = asking.ContinueWith(_ => SystemPlaces.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return [];
        }
    }

    private async Task<NameAnswer<T>> QueryAsync<T>(string name, QueryType type, Func<DnsResourceRecord, T[]> read, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _client.Value.QueryAsync(name, type, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (response.HasError && response.Header.ResponseCode is not DnsHeaderResponseCode.NotExistentDomain)
            {
                throw Failed(name, response.ErrorMessage, null);
            }

            var life = response.Answers.Count == 0 ? DefaultTimeToLive : TimeSpan.FromSeconds(response.Answers.Min(r => r.InitialTimeToLive));
            return new NameAnswer<T>([.. response.Answers.SelectMany(read)], life);
        }
        catch (Exception e) when (e is not (Libp2pException or OperationCanceledException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failed(name, e.Message, e);
        }
    }

    private static Libp2pException Failed(string name, string why, Exception? inner) =>
        new(Libp2pErrorCodes.NameFailed, $"{name} cannot be resolved: {why}", isTransient: true, inner);
}
