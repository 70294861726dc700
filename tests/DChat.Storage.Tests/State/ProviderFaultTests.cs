using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DChat.Core;
using DChat.Silo.Configuration;
using DChat.Silo.Hosting;
using DChat.Silo.Providers;
using DChat.Testing;
using DChat.Testing.Backends;
using DChat.Testing.Processes;
using Microsoft.Extensions.Configuration;

namespace DChat.Storage.Tests.State;

/// <summary>Servers that are not there, do not answer, refuse, or go and come back.</summary>
public sealed class ProviderFaultTests
{
    private const int CannotStart = 3;
    private const string AzureOption = "DChat:Azure:ConnectionString";
    private const string RedisOption = "DChat:Redis:ConnectionString";

    // Of the form of a key, and of no account.
    private static readonly string WrongKey = Convert.ToBase64String(new byte[64]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_of_the_blobs_is_a_transient_error_and_what_was_stored_is_there_when_they_are_back()
    {
        using var folder = new TemporaryFolder();
        await using var azurite = await Azurite.StartAsync(folder["azurite"], Cancel);
        await using var host = await ProviderHost.StartAsync(Provider.Azure, AzureOption, azurite.ConnectionString, Cancel);
        var grain = GrainId.Create("probe", "lasting");
        var state = new GrainState<ProbeState>(new ProbeState { Text = "before" });
        await host.Storage.WriteStateAsync("state", grain, state, Cancel);

        await azurite.StopAsync(Cancel);
        foreach (var call in new Func<Task>[]
        {
            () => host.Storage.ReadStateAsync("state", grain, new GrainState<ProbeState>(), Cancel),
            () => host.Storage.WriteStateAsync("state", grain, new GrainState<ProbeState>(new ProbeState { Text = "lost" }, state.ETag), Cancel),
            () => host.Storage.ClearStateAsync("state", grain, new GrainState<ProbeState>(new ProbeState(), state.ETag), Cancel),
        })
        {
            var error = await Assert.ThrowsAsync<DChatException>(call);
            Assert.Equal(("state-failed", true), (error.Code, error.IsTransient));
            Assert.StartsWith("Grain storage 'dchat' failed: Connection refused", error.Message, StringComparison.Ordinal);
        }

        await azurite.StartAsync(Cancel);
        var read = new GrainState<ProbeState>();
        await host.Storage.ReadStateAsync("state", grain, read, Cancel);
        Assert.Equal((state.ETag, "before"), (read.ETag, read.State?.Text));
        state.State = new ProbeState { Text = "after" };
        await host.Storage.WriteStateAsync("state", grain, state, Cancel);
    }

    [Theory]
    [InlineData("DChat:Storage:State", "state-unreachable", "container grainstate cannot be found or made")]
    [InlineData("DChat:Storage:Log", "log-unreachable", "container dchat-log cannot be found or made")]
    [InlineData("DChat:Cluster:Membership", "membership-unreachable", "table OrleansSiloInstances cannot be found or made")]
    public async Task An_account_that_is_not_there_or_refuses_the_key_stops_the_start_with_the_option(string chooses, string code, string what)
    {
        await using var azurite = await Azurite.StartAsync(directory: null, Cancel);

        var refused = await FailAsync(chooses, Provider.Azure, AzureOption, azurite.ConnectionWith(WrongKey));
        await azurite.StopAsync(Cancel);
        var gone = await FailAsync(chooses, Provider.Azure, AzureOption, azurite.ConnectionString);

        Assert.StartsWith($"dchat-silo: {code}: {AzureOption} leads to http://127.0.0.1:", refused, StringComparison.Ordinal);
        Assert.Contains($"/devstoreaccount1, where {what}: HTTP status 403 (", refused, StringComparison.Ordinal);
        Assert.Contains($"/devstoreaccount1, where {what}: Connection refused", gone, StringComparison.Ordinal);
        Assert.DoesNotContain(WrongKey, refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DChat:Storage:State", "state-unreachable")]
    [InlineData("DChat:Cluster:Membership", "membership-unreachable")]
    public async Task A_redis_server_that_is_not_there_or_refuses_the_password_stops_the_start_with_the_option(string chooses, string code)
    {
        string refused, gone;
        await using (var redis = await Redis.StartAsync(Cancel))
        {
            refused = await FailAsync(chooses, Provider.Redis, RedisOption, redis.ConnectionWith("wrong-5418"));
            await redis.DisposeAsync();
            gone = await FailAsync(chooses, Provider.Redis, RedisOption, redis.ConnectionString);
        }

        Assert.StartsWith($"dchat-silo: {code}: {RedisOption} leads to 127.0.0.1:", refused, StringComparison.Ordinal);
        Assert.EndsWith(", where no Redis server answers: the server refuses the password.", refused, StringComparison.Ordinal);
        Assert.Contains(", where no Redis server answers: ", gone, StringComparison.Ordinal);
        Assert.All([refused, gone], line => Assert.DoesNotContain("541", line.Split(": ")[^1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_never_answers_stops_the_start_in_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, LoopbackPorts.Take());
        listener.Start();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/account");
        var connection = $"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={WrongKey};BlobEndpoint={address};TableEndpoint={address}";

        var started = Stopwatch.GetTimestamp();
        var line = await FailAsync("DChat:Storage:State", Provider.Azure, AzureOption, connection);

        Assert.EndsWith(": no answer within 10 s.", line, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(20));
    }

    // Several attempts of the library would outlast the patience, and so would one as long as the operator allows: what it found is told all the same.
    [Fact]
    public async Task A_redis_server_that_never_answers_is_tried_once_and_what_was_found_is_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, LoopbackPorts.Take());
        listener.Start();
        var server = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        var line = await FailAsync("DChat:Storage:State", Provider.Redis, RedisOption, $"{server},password=any,connectTimeout=30000");

        Assert.Equal(
            $"dchat-silo: state-unreachable: {RedisOption} leads to {server}, where no Redis server answers: no connection (UnableToConnect).", line);
    }

    private static async Task<string> FailAsync(string chooses, Provider provider, string option, string connection)
    {
        var configuration = new SiloConfiguration(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [chooses] = provider.ToString(),
            [option] = connection,
        }).Build());
        var fault = await Assert.ThrowsAsync<DChatException>(() => ProviderCheck.RunAsync(configuration));
        using var error = new StringWriter();
        Assert.Equal(CannotStart, StartFailure.Report(fault, verbose: false, error));
        return error.ToString().TrimEnd();
    }
}
