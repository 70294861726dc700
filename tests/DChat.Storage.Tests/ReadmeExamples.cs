using DChat.Storage.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Storage.Tests;

/// <summary>The snippets of src/DChat.Storage/README.md and its Keys/README.md, which the repository tests compare with it.</summary>
internal static class ReadmeExamples
{
    public static void AddTheLog(IServiceCollection services)
    {
        services.AddLocalShardLog(options =>
        {
            options.Directory = "./data";
            options.Network = "dchat-dev";
            options.ShardBits = 4;
        });
    }

    public static void AddTheKeys(IServiceCollection services)
    {
        services.AddRelayKeys(options =>
        {
            options.Directory = "./data";
            options.Network = "dchat-dev";
            options.Name = "edge-1";
        });
    }
}
