using DChat.Core.Shards;
using DChat.Storage.Files;
using DChat.Storage.Hosting;
using DChat.Storage.Log.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DChat.Storage.Tests.Log.Local;

public sealed class LocalShardLogExtensionsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_host_opens_the_log_when_it_starts_and_closes_it_when_it_is_disposed()
    {
        var services = Services();
        foreach (var service in services.GetServices<IHostedService>())
        {
            await service.StartAsync(TestLog.Token);
        }

        Assert.True(File.Exists(Path.Combine(_directory.Path, "log.json")));
        var log = services.GetRequiredService<IShardLog>();
        Assert.Null(log.Problem);

        await services.DisposeAsync();
        Assert.NotNull(log.Problem);
        await using var next = Services();
        Assert.Equal(log.Id, next.GetRequiredService<IShardLog>().Id);
    }

    [Fact]
    public void The_log_can_be_disposed_of_without_awaiting()
    {
        var services = Services();
        var log = services.GetRequiredService<IShardLog>();
        services.Dispose();

        Assert.NotNull(log.Problem);
    }

    [Fact]
    public async Task An_option_out_of_its_range_stops_the_process_at_start()
    {
        await using var services = Services(shardBits: 13);

        var error = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);
        Assert.Contains("ShardBits is 13; it must be 0 to 12", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_fails_for_good_stops_the_host_and_the_log_says_why()
    {
        var disk = new SimulatedDisk();
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton<IFileSystem>(disk);
        builder.Services.AddLocalShardLog(options => (options.Directory, options.ShardBits) = ("/data", TestLog.ShardBits));
        using var host = builder.Build();
        await host.StartAsync(TestLog.Token);
        var log = Assert.IsType<LocalShardLog>(host.Services.GetRequiredService<IShardLog>());
        var writer = await log.OpenShardAsync(1);
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();

        disk.Before = call => call.Operation == DiskOperation.Sync ? DiskFault.InputOutput : null;
        Assert.False(lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(TestLog.Batch(writer, 1, seed: 1, 100)));

        await host.WaitForShutdownAsync(TestLog.Token);
        Assert.Equal("log-failed", log.Failure?.Code);
    }

    private ServiceProvider Services(int shardBits = 2) => new ServiceCollection()
        .AddLocalShardLog(options => (options.Directory, options.ShardBits) = (_directory.Path, shardBits))
        .BuildServiceProvider();
}
