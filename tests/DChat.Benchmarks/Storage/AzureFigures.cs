using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using DChat.Benchmarks.Backbone;
using DChat.Storage.Azure.Hosting;
using DChat.Testing.Backends;

namespace DChat.Benchmarks.Storage;

/// <summary>Durable appends through the shard grains to the log in Azure Storage. On the emulator, so for the record.</summary>
internal static class AzureFigures
{
    private const int Messages = 32_768;

    public static async Task ReportAsync(BenchmarkReport report, int rounds)
    {
        var rates = new double[rounds];
        var latencies = new ConcurrentBag<double>();
        var load = AppendLoad.Thousand;
        await using var azurite = await Azurite.StartAsync(directory: null, CancellationToken.None);
        for (var round = 0; round < rounds; round++)
        {
            var container = $"round-{round}";
            var corpus = Corpus.Create(Messages, load.BatchSize);
            await using var silo = await BenchmarkSilo.StartAsync(services => services.AddAzureShardLog(
                options => (options.Container, options.Network, options.ShardBits) = (container, Corpus.Network, Corpus.ShardBits),
                client => new BlobServiceClient(azurite.ConnectionString, client)));
            rates[round] = await AppendFigures.AppendAsync(silo, corpus, load, latencies);
        }

        report.Add("azure-append", Quantiles.Median(rates), "messages/s");
        report.Add("azure-append-p99", Quantiles.P99(latencies), "ms a call");
    }
}
