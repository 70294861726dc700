using DChat.Core.Topics;

namespace DChat.Core.Tests.Topics;

public sealed class NetworkOptionsTests
{
    public static TheoryData<string, string, Action<NetworkOptions>, Action<NetworkOptions>> Bounds => new()
    {
        { "Network", "1 to 32", options => options.Network = "a", options => options.Network = "" },
        { "Network", "1 to 32", options => options.Network = new string('a', 32), options => options.Network = new string('a', 33) },
        { "Network", "1 to 32", options => options.Network = "a-b", options => options.Network = null! },
        { "ShardBits", "0 to 12", options => options.ShardBits = 0, options => options.ShardBits = -1 },
        { "ShardBits", "0 to 12", options => options.ShardBits = 12, options => options.ShardBits = 13 },
    };

    [Fact]
    public void The_defaults_are_valid_and_those_of_the_design()
    {
        var options = new NetworkOptions();
        options.Validate();
        Assert.Equal(("dchat-dev", 4, 16), (options.Network, options.ShardBits, options.ShardCount));
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void An_option_is_valid_up_to_its_bound_and_beyond_it_the_error_names_option_and_range(
        string option, string range, Action<NetworkOptions> atBound, Action<NetworkOptions> beyond)
    {
        var options = new NetworkOptions();
        atBound(options);
        options.Validate();

        beyond(options);
        var error = Assert.Throws<DChatException>(options.Validate);
        Assert.Equal("options-invalid", error.Code);
        Assert.StartsWith($"{option} is ", error.Message, StringComparison.Ordinal);
        Assert.Contains(range, error.Message, StringComparison.Ordinal);
    }
}
