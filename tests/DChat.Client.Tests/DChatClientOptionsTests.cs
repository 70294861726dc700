using DChat.Client.Hosting;
using DChat.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Client.Tests;

public sealed class DChatClientOptionsTests
{
    private const long MiB = 1024 * 1024;

    [Fact]
    public void The_defaults_are_valid() => new DChatClientOptions().Validate();

    public static TheoryData<string, Action<DChatClientOptions>> AtTheLimits => new()
    {
        { "", o => o.RetryTimeout = TimeSpan.Zero },
        { "", o => o.RetryTimeout = TimeSpan.FromHours(1) },
        { "RetryTimeout", o => o.RetryTimeout = TimeSpan.FromTicks(-1) },
        { "RetryTimeout", o => o.RetryTimeout = TimeSpan.FromHours(1) + TimeSpan.FromTicks(1) },
        { "", o => o.CallTimeout = TimeSpan.FromMilliseconds(100) },
        { "", o => o.CallTimeout = TimeSpan.FromMinutes(5) },
        { "CallTimeout", o => o.CallTimeout = TimeSpan.FromMilliseconds(99) },
        { "CallTimeout", o => o.CallTimeout = TimeSpan.FromMinutes(5) + TimeSpan.FromTicks(1) },
        { "", o => o.Linger = TimeSpan.Zero },
        { "", o => o.Linger = TimeSpan.FromMilliseconds(100) },
        { "Linger", o => o.Linger = TimeSpan.FromTicks(-1) },
        { "Linger", o => o.Linger = TimeSpan.FromMilliseconds(101) },
        { "", o => o.MaxBatchesInFlight = 1 },
        { "", o => o.MaxBatchesInFlight = 64 },
        { "MaxBatchesInFlight", o => o.MaxBatchesInFlight = 0 },
        { "MaxBatchesInFlight", o => o.MaxBatchesInFlight = 65 },
        { "", o => o.MaxPendingBytes = MiB / 16 },
        { "", o => o.MaxPendingBytes = 1024 * MiB },
        { "MaxPendingBytes", o => o.MaxPendingBytes = (MiB / 16) - 1 },
        { "MaxPendingBytes", o => o.MaxPendingBytes = (1024 * MiB) + 1 },
        { "", o => o.SubscriberBufferBytes = MiB / 4 },
        { "", o => o.SubscriberBufferBytes = 1024 * MiB },
        { "SubscriberBufferBytes", o => o.SubscriberBufferBytes = (MiB / 4) - 1 },
        { "SubscriberBufferBytes", o => o.SubscriberBufferBytes = (1024 * MiB) + 1 },
        { "", o => o.ReplayMemoryBytes = MiB / 4 },
        { "", o => o.ReplayMemoryBytes = 1024 * MiB },
        { "ReplayMemoryBytes", o => o.ReplayMemoryBytes = (MiB / 4) - 1 },
        { "ReplayMemoryBytes", o => o.ReplayMemoryBytes = (1024 * MiB) + 1 },
        { "", o => o.StreamSilence = TimeSpan.FromSeconds(1) },
        { "", o => o.StreamSilence = TimeSpan.FromMinutes(10) },
        { "StreamSilence", o => o.StreamSilence = TimeSpan.FromMilliseconds(999) },
        { "StreamSilence", o => o.StreamSilence = TimeSpan.FromSeconds(601) },
        { "Home", o => o.Home = "" },
        { "", o => o.OperatorToken = new string('!', 16) },
        { "", o => o.OperatorToken = new string('~', 256) },
        { "OperatorToken", o => o.OperatorToken = new string('a', 15) },
        { "OperatorToken", o => o.OperatorToken = new string('a', 257) },
        { "OperatorToken", o => o.OperatorToken = "sixteen letters and spaces" },
    };

    [Theory]
    [MemberData(nameof(AtTheLimits))]
    public void Options_are_taken_at_their_limits_and_refused_beyond_by_name(string refused, Action<DChatClientOptions> set)
    {
        var options = new DChatClientOptions();
        set(options);

        var error = Record.Exception(options.Validate);

        Assert.Equal(refused.Length > 0, error is DChatException { Code: OptionRange.InvalidCode });
        Assert.Contains(refused, error?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_option_stops_the_host_at_start()
    {
        var services = new ServiceCollection();
        services.AddDChatClient(options => options.MaxBatchesInFlight = 0);
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("MaxBatchesInFlight is 0; it must be 1 to 64", error.Message, StringComparison.Ordinal);
    }
}
