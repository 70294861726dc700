using System.Collections.Immutable;
using System.Net;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Silo.Health;
using DChat.Testing.Tls;
using DChat.Tls.Certificates;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;

namespace DChat.Silo.Tests.Health;

/// <summary>What a process shows too briefly to be seen from outside: a drain, a silo that is not active, a log that fails.</summary>
public sealed class HealthCheckTests
{
    private static readonly SiloAddress Address = SiloAddress.New(IPAddress.Loopback, 11111, 1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SiloStatus.Active, false, null)]
    [InlineData(SiloStatus.Active, true, "draining")]
    [InlineData(SiloStatus.Joining, false, "the silo is Joining")]
    [InlineData(SiloStatus.Dead, false, "the silo is Dead")]
    public async Task Only_an_active_silo_that_is_not_draining_is_ready(SiloStatus status, bool isStopping, string? reason)
    {
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        if (isStopping)
        {
            lifetime.StopApplication();
        }

        var result = await CheckAsync(new SiloHealthCheck(new Membership(status), new LocalSilo(), lifetime));

        Assert.Equal(reason is null ? HealthStatus.Healthy : HealthStatus.Unhealthy, result.Status);
        Assert.Equal(reason, result.Description);
    }

    [Theory]
    [InlineData(null, HealthStatus.Healthy)]
    [InlineData("the disk is full", HealthStatus.Unhealthy)]
    public async Task A_failed_log_makes_the_silo_unready(string? problem, HealthStatus expected) =>
        Assert.Equal(expected, (await CheckAsync(new LogHealthCheck(new Log(problem)))).Status);

    [Theory]
    [InlineData(15, HealthStatus.Healthy)]
    [InlineData(13, HealthStatus.Degraded)]
    public async Task A_certificate_that_ends_soon_degrades_the_silo(int days, HealthStatus expected)
    {
        using var authority = new TestAuthority();
        var files = authority.Write("silo", authority.Issue(isSilo: true, TestAuthority.Now + TimeSpan.FromDays(days)));
        using var source = new TlsSource(files, PeerRole.Silo, TimeProvider.System, NullLogger.Instance);

        var result = await CheckAsync(new TlsHealthCheck(source));

        Assert.Equal(expected, result.Status);
        Assert.Equal(expected == HealthStatus.Degraded, result.Description?.StartsWith($"the certificate of {files.Certificate} ends at ", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task State_is_written_at_most_once_a_second_however_often_somebody_asks()
    {
        var time = new FakeTimeProvider();
        var storage = new Storage();
        using var check = new StateHealthCheck(storage, new LocalSilo(), time);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HealthStatus.Healthy, (await CheckAsync(check)).Status);
        }

        Assert.Equal(1, storage.Writes);

        time.Advance(TimeSpan.FromSeconds(1));
        storage.Failure = new InvalidOperationException("the disk is full");
        var result = await CheckAsync(check);

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("the disk is full", result.Description);
        Assert.Equal(2, storage.Writes);
    }

    private static Task<HealthCheckResult> CheckAsync(IHealthCheck check) => check.CheckHealthAsync(new HealthCheckContext(), Cancel);

    private sealed class Log(string? problem) : IShardLog
    {
        public LogId Id => default;

        public string? Problem => problem;

        public IReadOnlyList<ShardId> Unreleased => [];

        public ValueTask<IShardLogWriter> OpenAsync(ShardId shard, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class LocalSilo : ILocalSiloDetails
    {
        public string Name => "silo";

        public string ClusterId => "dchat";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => Address;

        public SiloAddress GatewayAddress => Address;
    }

    private sealed class Membership(SiloStatus status) : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } = new(
            ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(Address, new ClusterMember(Address, status, "silo")),
            new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => default;

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class Storage : IGrainStorage
    {
        public int Writes { get; private set; }

        public Exception? Failure { get; set; }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            Writes++;
            return Failure is null ? Task.CompletedTask : Task.FromException(Failure);
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }
}
