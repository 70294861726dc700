using System.Net;
using System.Net.Sockets;
using DChat.Client;
using DChat.Client.Hosting;
using DChat.Core.Admission;
using DChat.Core.Topics;
using DChat.Grains.Hosting;
using DChat.Storage.Hosting;
using DChat.Testing.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Hosting;

namespace DChat.Benchmarks.Backbone;

/// <summary>A silo in this process, with the local log on disk as an embedded node has it unless it is told another, and with quotas out of the way.</summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private BenchmarkSilo(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public IDChatClient Client => _host.Services.GetRequiredService<IDChatClient>();

    public static Task<BenchmarkSilo> StartAsync(string directory, Action<IServiceCollection>? addMore = null) => StartAsync(
        services => services.AddLocalShardLog(options =>
        {
            options.Directory = directory;
            options.Network = Corpus.Network;
            options.ShardBits = Corpus.ShardBits;
        }),
        addMore);

    /// <summary>The silo's services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Starts a silo with another log.</summary>
    /// <param name="addLog">Adds the log.</param>
    /// <param name="addMore">Adds what is to run beside the silo, and to stop before it.</param>
    public static async Task<BenchmarkSilo> StartAsync(Action<IServiceCollection> addLog, Action<IServiceCollection>? addMore = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.Configure<NetworkOptions>(options =>
        {
            options.Network = Corpus.Network;
            options.ShardBits = Corpus.ShardBits;
        });
        builder.Services.Configure<AdmissionOptions>(WithoutQuotas);
        addLog(builder.Services);
        builder.Services.AddDChatClient();
        builder.Services.AddGrainStorage("dchat", static (_, _) => new LastingGrainStorage());
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FreePort(), FreePort())
            .AddMemoryGrainStorage("PubSubStore")
            .AddDChatGrains());
        addMore?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new BenchmarkSilo(host);
    }

    public static void WithoutQuotas(AdmissionOptions options)
    {
        foreach (var quota in new[] { options.Author, options.Topic, options.Source, options.Network })
        {
            quota.TokensPerSecond = QuotaOptions.MaxTokensPerSecond;
            quota.Burst = QuotaOptions.MaxBurst;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
