using DChat.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Storage.Tests.State;

public sealed class SqliteOptionsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void A_busy_timeout_at_its_limits_is_valid(int seconds) => Validate("state.db", TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("", 5000, "Path")]
    [InlineData("state.db", 999, "BusyTimeout")]
    [InlineData("state.db", 60_001, "BusyTimeout")]
    public void A_bad_option_stops_the_silo_with_its_name(string path, int milliseconds, string option)
    {
        var error = Assert.Throws<DChatException>(() => Validate(path, TimeSpan.FromMilliseconds(milliseconds)));

        Assert.Equal(OptionRange.InvalidCode, error.Code);
        Assert.Contains($"{option} of grain storage 'dchat'", error.Message, StringComparison.Ordinal);
    }

    private static void Validate(string path, TimeSpan busyTimeout)
    {
        using var host = new SqliteHost(options =>
        {
            options.Path = path;
            options.BusyTimeout = busyTimeout;
        });
        foreach (var validator in host.Services.GetServices<IConfigurationValidator>())
        {
            validator.ValidateConfiguration();
        }
    }
}
