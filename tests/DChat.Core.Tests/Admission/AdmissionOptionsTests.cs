using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Admission;

public sealed class AdmissionOptionsTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public static TheoryData<string, string, Action<AdmissionOptions>, Action<AdmissionOptions>> Bounds => new()
    {
        { "MaxAhead", "00:00:01 to 00:10:00", options => options.MaxAhead = TimeSpan.FromSeconds(1), options => options.MaxAhead = TimeSpan.FromSeconds(1) - Tick },
        { "MaxAhead", "00:00:01 to 00:10:00", options => options.MaxAhead = TimeSpan.FromMinutes(10), options => options.MaxAhead = TimeSpan.FromMinutes(10) + Tick },
        { "MaxAge", "00:01:00 to 30.00:00:00", options => options.MaxAge = TimeSpan.FromMinutes(1), options => options.MaxAge = TimeSpan.FromMinutes(1) - Tick },
        { "MaxAge", "00:01:00 to 30.00:00:00", options => options.MaxAge = TimeSpan.FromDays(30), options => options.MaxAge = TimeSpan.FromDays(30) + Tick },
        { "SeenCapacity", "16 to 67108864", options => options.SeenCapacity = 16, options => options.SeenCapacity = 15 },
        { "SeenCapacity", "16 to 67108864", options => options.SeenCapacity = 67_108_864, options => options.SeenCapacity = 67_108_865 },
        { "Author.TokensPerSecond", "1 to 1000000", options => options.Author.TokensPerSecond = 1, options => options.Author.TokensPerSecond = 0 },
        { "Author.TokensPerSecond", "1 to 1000000", options => options.Author.TokensPerSecond = 1_000_000, options => options.Author.TokensPerSecond = 1_000_001 },
        { "Topic.Burst", "60 to 10000000", options => options.Topic.Burst = 60, options => options.Topic.Burst = 59 },
        { "Topic.Burst", "60 to 10000000", options => options.Topic.Burst = 10_000_000, options => options.Topic.Burst = 10_000_001 },
        { "Source.MaxTracked", "16 to 16777216", options => options.Source.MaxTracked = 16, options => options.Source.MaxTracked = 15 },
        { "Source.MaxTracked", "16 to 16777216", options => options.Source.MaxTracked = 16_777_216, options => options.Source.MaxTracked = 16_777_217 },
        { "Floors.OneDay", "1970-01-01 or later", options => options.Floors[RetentionClass.OneDay] = DateTimeOffset.UnixEpoch, options => options.Floors[RetentionClass.OneDay] = DateTimeOffset.UnixEpoch - Tick },
        { "Floors.0", "known retention class", options => { }, options => options.Floors[0] = DateTimeOffset.UnixEpoch },
    };

    [Fact]
    public void The_defaults_are_valid_and_those_of_the_design()
    {
        var options = new AdmissionOptions();
        options.Validate();
        Assert.Equal(TimeSpan.FromSeconds(60), options.MaxAhead);
        Assert.Equal(TimeSpan.FromHours(24), options.MaxAge);
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void An_option_is_valid_up_to_its_bound_and_beyond_it_the_error_names_option_and_range(
        string option, string range, Action<AdmissionOptions> atBound, Action<AdmissionOptions> beyond)
    {
        var options = new AdmissionOptions();
        atBound(options);
        options.Validate();

        beyond(options);
        var error = Assert.Throws<DChatException>(() => new AdmissionPipeline(new NetworkOptions(), options, TimeProvider.System));
        Assert.Equal("options-invalid", error.Code);
        Assert.False(error.IsTransient);
        Assert.Contains($"{option} is ", error.Message, StringComparison.Ordinal);
        Assert.Contains(range, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bucket_holds_at_least_one_envelope_of_any_length() =>
        Assert.Equal(DChat.Core.Envelopes.EnvelopeLimits.MaxBytes, QuotaOptions.MinBurst * 1024);

    [Fact]
    public void A_source_has_a_door_and_a_caller_of_1_to_128_characters()
    {
        Assert.Equal(128, new AdmissionSource(Door.Push, new string('a', 128)).Caller.Length);
        Assert.Throws<ArgumentException>(() => new AdmissionSource(Door.Push, new string('a', 129)));
        Assert.Throws<ArgumentException>(() => new AdmissionSource(Door.Push, ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdmissionSource(0, "a"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdmissionSource(Door.Sync + 1, "a"));
    }
}
