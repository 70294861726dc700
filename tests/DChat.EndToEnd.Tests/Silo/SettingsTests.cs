using DChat.Abstractions.Placement;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Gateway;
using DChat.Grains.SyncShard;
using DChat.Silo.Configuration;
using DChat.Storage.Log.Local;
using DChat.Testing.Processes;
using Microsoft.Extensions.Configuration;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>One table drives help, README and the check for unknown keys; here it is held against the options themselves.</summary>
public sealed class SettingsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Keys => [.. Settings.All.Select(setting => setting.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_documented_default_is_the_default_of_the_option(string key)
    {
        var path = key.Split(':')[1..];
        object? value = path switch
        {
            [nameof(NetworkOptions.Network) or nameof(NetworkOptions.ShardBits)] => ValueAt(new NetworkOptions(), path),
            ["Log", .. var rest] => ValueAt(new LocalShardLogOptions(), rest),
            ["Gossip", .. var rest] => ValueAt(new SyncShardOptions(), rest),
            ["Libp2p", nameof(GatewayOptions.Announce)] => new GatewayOptions().Announce.Length == 0 ? "none" : "some",
            ["Libp2p", .. var rest] => ValueAt(new GatewayOptions(), rest),
            ["Admission", nameof(AdmissionOptions.Floors), _] => new AdmissionOptions().Floors.Count == 0 ? "none" : "some",
            ["Admission", .. var rest] => ValueAt(new AdmissionOptions(), rest),
            [nameof(SiloOptions.Role)] => new SiloOptions().Role.ToText(),
            [nameof(SiloOptions.Name)] => new SiloOptions().SiloName == new SiloOptions().Role.ToText() ? "the role" : "another",
            [nameof(SiloOptions.Primary)] => new SiloOptions().PrimaryAddress.Port == new SiloOptions().SiloPort ? "the silo's own" : "another",
            _ => ValueAt(new SiloOptions(), path),
        };

        Assert.Equal(Settings.Find(key)!.Default, $"{value}");
    }

    [Fact]
    public void Every_option_can_be_set()
    {
        var documented = Settings.All.Select(setting => setting.Key).ToHashSet();

        Assert.All(
            [
                .. KeysOf(
                    typeof(SiloOptions),
                    "DChat",
                    nameof(SiloOptions.AdminAddress),
                    nameof(SiloOptions.PrimaryAddress),
                    nameof(SiloOptions.SiloName)),
                .. KeysOf(typeof(NetworkOptions), "DChat", nameof(NetworkOptions.ShardCount)),
                .. KeysOf(typeof(SyncShardOptions), "DChat:Gossip"),
                .. KeysOf(typeof(AdmissionOptions), "DChat:Admission"),
                .. KeysOf(typeof(GatewayOptions), "DChat:Libp2p"),
                .. KeysOf(
                    typeof(LocalShardLogOptions),
                    "DChat:Log",
                    nameof(LocalShardLogOptions.Directory),
                    nameof(LocalShardLogOptions.Network),
                    nameof(LocalShardLogOptions.ShardBits)),
            ],
            key => Assert.Contains(key, documented));
    }

    [Fact]
    public void The_command_line_wins_over_the_environment()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["DCHAT:SILOPORT"] = "1", ["DCHAT:CLIENTPORT"] = "2" })
            .AddInMemoryCollection(CommandLine.Parse(["--silo-port=3"]).Values)
            .Build();

        var silo = new SiloConfiguration(configuration).Silo;

        Assert.Equal((3, 2), (silo.SiloPort, silo.ClientPort));
    }

    [Fact]
    public async Task Help_lists_every_setting()
    {
        await using var process = ChildProcess.Start(Silos.Assembly, ["--help"]);

        Assert.Equal(0, await process.WaitForExitAsync(Cancel));

        var help = string.Join('\n', process.Output);
        Assert.All(Settings.All, setting =>
        {
            Assert.Contains(setting.Key, help, StringComparison.Ordinal);
            Assert.Contains($"default {setting.Default}; {setting.Range}", help, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_version_can_be_asked_for()
    {
        await using var process = ChildProcess.Start(Silos.Assembly, ["--version"]);

        Assert.Equal(0, await process.WaitForExitAsync(Cancel));

        Assert.StartsWith("0.1.0", Assert.Single(process.Output), StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_has_the_table()
    {
        var readme = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "DChat.Silo.README.md"));

        Assert.All(Settings.All, setting =>
        {
            var shortSwitch = setting.Switch is null ? "" : $"`{setting.Switch}`";
            Assert.Contains($"| `{setting.Key}` | {shortSwitch} | `{setting.Default}` | {setting.Range} | {setting.Summary} |", readme);
        });
    }

    private static object? ValueAt(object options, IEnumerable<string> path) =>
        path.Aggregate((object?)options, (value, name) => value!.GetType().GetProperty(name)!.GetValue(value));

    private static IEnumerable<string> KeysOf(Type options, string section, params string[] except) =>
        from property in options.GetProperties()
        where !except.Contains(property.Name)
        from key in property.PropertyType switch
        {
            var type when type == typeof(QuotaOptions) => KeysOf(type, $"{section}:{property.Name}"),
            _ when property.Name == nameof(AdmissionOptions.Floors) =>
                Enum.GetNames<RetentionClass>().Select(name => $"{section}:{property.Name}:{name}"),
            _ => [$"{section}:{property.Name}"],
        }
        select key;
}
