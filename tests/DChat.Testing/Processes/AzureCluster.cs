using System.Globalization;
using Azure.Data.Tables;
using DChat.Libp2p.Addresses;
using DChat.Testing.Backends;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;

namespace DChat.Testing.Processes;

/// <summary>Cores and edges, each in a process of its own, that keep messages, grain state and members in Azurite, as the README starts them.</summary>
public sealed class AzureCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Azurite _azurite;
    private readonly List<SiloProcess> _silos = [];
    private readonly int _cores;

    private AzureCluster(Azurite azurite, int cores) => (_azurite, _cores) = (azurite, cores);

    /// <summary>Where everything is kept.</summary>
    public string ConnectionString => _azurite.ConnectionString;

    public IReadOnlyList<SiloProcess> Silos => _silos;

    public IReadOnlyList<SiloProcess> Cores => _silos[.._cores];

    public IReadOnlyList<SiloProcess> Edges => _silos[_cores..];

    /// <summary>Where chat peers reach the edges, whether they run or not.</summary>
    public IReadOnlyList<Multiaddr> Gateways { get; private set; } = [];

    /// <summary>Starts so many cores and edges and waits until they are ready.</summary>
    /// <param name="cores">At least one.</param>
    /// <param name="edges">How many edges.</param>
    /// <param name="arguments">Further arguments of each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<AzureCluster> StartAsync(int cores, int edges, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var cluster = new AzureCluster(await Azurite.StartAsync(directory: null, cancellationToken), cores);
        try
        {
            // The first makes containers and tables: several at once would wait for each other.
            cluster._silos.Add(await SiloProcess.StartAsync(cluster.Settings("core", 1, arguments), cancellationToken));
            var others = Enumerable.Range(2, cores - 1).Select(number => cluster.Settings("core", number, arguments))
                .Concat(Enumerable.Range(1, edges).Select(number => cluster.Settings("edge", number, arguments)));
            cluster._silos.AddRange(await Task.WhenAll(others.Select(settings => SiloProcess.StartAsync(settings, cancellationToken))));
            cluster.Gateways = [.. cluster.Edges.Select(edge => edge.Libp2pAddress())];
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a client find the silos as the silos find each other.</summary>
    public void Configure(IClientBuilder client) => client
        .UseAzureStorageClustering((AzureStorageGatewayOptions table) => table.TableServiceClient = new TableServiceClient(_azurite.ConnectionString))
        .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("dchat", "dchat"));

    /// <summary>What all processes have printed, for failure messages.</summary>
    public string Describe() => string.Join('\n', _silos.Select(silo => silo.Process.Describe("was part of the cluster")));

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        await _azurite.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The settings of a silo that keeps messages, grain state and members in Azure Storage.</summary>
    /// <param name="connection">The account.</param>
    /// <param name="data">The data directory.</param>
    /// <param name="arguments">Further arguments.</param>
    public static SiloSettings Member(string connection, string data, IReadOnlyList<string> arguments) => new(BuiltProgram.PathOf("DChat.Silo"), data)
    {
        Arguments = ["--log", "Azure", "--state", "Azure", "--membership", "Azure", "--cluster-id", "dchat", .. arguments],
        Environment = new Dictionary<string, string?> { ["DCHAT__AZURE__CONNECTIONSTRING"] = connection },
    };

    private SiloSettings Settings(string role, int number, IReadOnlyList<string> arguments) =>
        Member(ConnectionString, _folder["data"], [.. arguments, "--role", role, "--name", string.Create(CultureInfo.InvariantCulture, $"{role}-{number}")]) with
        {
            Libp2p = string.Create(CultureInfo.InvariantCulture, $"/ip4/127.0.0.1/tcp/{LoopbackPorts.Take()}"),
        };
}
