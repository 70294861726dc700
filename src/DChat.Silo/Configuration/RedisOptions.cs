using DChat.Core;
using StackExchange.Redis;

namespace DChat.Silo.Configuration;

/// <summary>A Redis server, for what is to be kept there. Section <c>DChat:Redis</c>.</summary>
[OptionSection("DChat:Redis")]
internal sealed class RedisOptions
{
    private const string Connection = "host:port, with options of StackExchange.Redis behind commas, such as 10.0.0.5:6379,password=...,ssl=true";

    /// <summary>The server. A secret where it holds a password. Default null.</summary>
    [Option("the server; a secret where it holds a password: set it in the environment", Form = Connection, Default = "none")]
    public string? ConnectionString { get; set; }

    /// <summary><see cref="ConnectionString"/>, parsed.</summary>
    /// <exception cref="InvalidOperationException">There is none, or <see cref="Validate"/> would throw.</exception>
    public ConfigurationOptions Connect() =>
        TryParse() ?? throw new InvalidOperationException($"{nameof(ConnectionString)} is of no use.");

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">It is of another form (<c>options-invalid</c>); the message does not show it.</exception>
    public void Validate() => OptionRange.Require(
        ConnectionString is null || TryParse() is not null, nameof(ConnectionString), "of another form", Connection);

    private ConfigurationOptions? TryParse()
    {
        try
        {
            return ConnectionString is not null && ConfigurationOptions.Parse(ConnectionString) is { EndPoints.Count: > 0 } options ? options : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return null;
        }
    }
}
